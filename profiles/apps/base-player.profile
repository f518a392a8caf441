# For others to include: plays what is named on the command line, and what is in the user's
# directories of music and videos.
[profile]
description = For others to include: a player of files, read-only, with sound
include = base-viewer
use = audio-playback stay-awake

[filesystem]
ro = ${MUSIC}? ${VIDEOS}?
