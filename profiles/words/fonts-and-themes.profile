# How things look: fonts, icons, pointers and colours that the user has chosen.
[profile]
description = The user's fonts, icons and themes
exposes = which fonts and themes the user has; places opened last, where GTK keeps them with its settings

[filesystem]
ro = ~/.fonts? ~/.icons? ~/.themes? ~/.gtkrc-2.0? ~/.Xresources?
ro = ${XDG_DATA_HOME}/fonts? ${XDG_DATA_HOME}/icons? ${XDG_DATA_HOME}/themes? ${XDG_DATA_HOME}/color-schemes?
ro = ${XDG_CONFIG_HOME}/fontconfig? ${XDG_CONFIG_HOME}/gtk-3.0? ${XDG_CONFIG_HOME}/gtk-4.0? ${XDG_CONFIG_HOME}/gtkrc-2.0?
ro = ${XDG_CONFIG_HOME}/kdeglobals? ${XDG_CONFIG_HOME}/Kvantum? ${XDG_CONFIG_HOME}/qt5ct? ${XDG_CONFIG_HOME}/qt6ct?

[environment]
keep = GTK_THEME GTK2_RC_FILES QT_QPA_PLATFORMTHEME QT_STYLE_OVERRIDE XCURSOR_THEME XCURSOR_SIZE XCURSOR_PATH
keep = GDK_SCALE GDK_DPI_SCALE QT_SCALE_FACTOR QT_AUTO_SCREEN_SCALE_FACTOR
