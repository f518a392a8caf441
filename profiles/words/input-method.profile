# Writing Chinese, Japanese and others with IBus or Fcitx. On Wayland the compositor does it.
[profile]
description = Input methods
exposes = nothing of other programs

[dbus]
session.talk = org.freedesktop.portal.IBus org.freedesktop.portal.Fcitx

[environment]
keep = GTK_IM_MODULE QT_IM_MODULE XMODIFIERS
set = IBUS_USE_PORTAL=1
