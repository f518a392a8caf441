# PulseAudio's socket, which PipeWire has as well. The protocol has no way to say that a client may only play.
[profile]
description = Sound, by the PulseAudio protocol
use = runtime-directory
needs = ${PULSE_SOCKET}
exposes = the sound server; unless it is told otherwise, the microphone too

[filesystem]
ro = ${PULSE_SOCKET}

[environment]
set = PULSE_SERVER=unix:${PULSE_SOCKET}
