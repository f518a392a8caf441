# The same socket as for playing: most servers make no difference.
[profile]
description = The microphone, by the PulseAudio protocol
use = audio-playback
needs = ${PULSE_SOCKET}
exposes = the microphone, whenever the program likes
