# PulseAudio's socket, which PipeWire has as well. Whoever is connected to it may record too, listen to others, and have
# the server load modules; so what the program says there goes through a filter, which lets it play.
[profile]
description = Play sound, by the PulseAudio protocol
use = runtime-directory
needs = ${PULSE_SOCKET}
exposes = which outputs for sound there are, and the user's and the machine's name, which the server tells

[sound]
play = ${PULSE_SOCKET}
