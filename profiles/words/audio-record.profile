# The same socket and filter as for playing. What others play can be recorded like a microphone.
[profile]
description = The microphone, by the PulseAudio protocol
use = audio-playback
needs = ${PULSE_SOCKET}
exposes = the microphone, and what other programs play, whenever the program likes

[sound]
record = ${PULSE_SOCKET}
