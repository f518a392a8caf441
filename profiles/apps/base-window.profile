# For others to include: what an application with windows needs on any desktop, but for the display.
# That each names itself: wayland|x11-isolated, or x11-isolated alone where it knows no Wayland.
[profile]
description = For others to include: fonts, graphics, input, file choosers and links
use = gpu fonts-and-themes input-method portals ask-links

[seccomp]
policy = desktop

[environment]
# By this toolkits choose how they look, and which portals they ask.
keep = XDG_CURRENT_DESKTOP
# GNOME's settings are all in one file, behind a service that writes any of them. So changes to
# settings of GTK programs last as long as the program runs.
set = GSETTINGS_BACKEND=memory
