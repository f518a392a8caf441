# Saves into the working directory. What sites send goes through many parsers, and through ffmpeg.
[profile]
description = yt-dlp: public addresses, saves into the working directory

[network]
mode = internet

[filesystem]
cwd = rw
# May name programs to run after a download, in here.
ro = ${XDG_CONFIG_HOME}/yt-dlp? ${XDG_CONFIG_HOME}/yt-dlp.conf?
data = ${XDG_CACHE_HOME}/yt-dlp
