# While a film plays or a call lasts. What asks to stay awake can keep a machine from sleeping; it can't lock
# the screen, nor unlock it.
[profile]
description = Keep the screen from going dark and the machine from sleeping

[dbus]
session.call = org.freedesktop.ScreenSaver=org.freedesktop.ScreenSaver.Inhibit
session.call = org.freedesktop.ScreenSaver=org.freedesktop.ScreenSaver.UnInhibit
session.call = org.freedesktop.PowerManagement.Inhibit=org.freedesktop.PowerManagement.Inhibit.Inhibit
session.call = org.freedesktop.PowerManagement.Inhibit=org.freedesktop.PowerManagement.Inhibit.UnInhibit
session.call = org.gnome.SessionManager=org.gnome.SessionManager.Inhibit
session.call = org.gnome.SessionManager=org.gnome.SessionManager.Uninhibit
