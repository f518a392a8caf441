# PulseAudio's socket, which PipeWire has as well. The protocol has no way to say that a client may only play: whoever
# is connected may record too, and have the server load modules. Programs are confined no better by any such socket.
[profile]
description = Sound, by the PulseAudio protocol
use = runtime-directory
needs = ${PULSE_SOCKET}
exposes = the sound server, and with it the microphone: neither PulseAudio nor PipeWire tells players from recorders here
escape = the sound server loads modules that a client names, module-ladspa-sink with code of its own among them: forbid it ("allow-module-loading = no" in PulseAudio's daemon.conf, "pulse.allow-module-loading = false" in pipewire-pulse.conf)

[filesystem]
ro = ${PULSE_SOCKET}

[environment]
set = PULSE_SERVER=unix:${PULSE_SOCKET}
