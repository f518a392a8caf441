# What `hutch shell` gives, beside default.profile: the host as it is, to read, but for secrets; the
# home and the working directory to write in, where every change is kept aside in a session. Your own
# changes go into ~/.config/hutch/shell.local.profile.

[profile]
description = A throwaway shell: what changes is kept aside, to review, apply or drop
use = no-secrets

[filesystem]
ro = /
home = overlay
cwd = overlay

[network]
# Public addresses, by names and ports as everywhere; not this network, nor services of this machine.
mode = internet

[seccomp]
policy = dev

[environment]
# What tools are told by variables, without what carries passwords, tokens or sockets.
keep = EDITOR VISUAL PAGER LESS LESSOPEN LESSCLOSE LS_COLORS GREP_COLORS MANPATH INFOPATH
keep = SHELL HISTSIZE HISTCONTROL PYTHONPATH PYTHONSTARTUP VIRTUAL_ENV JAVA_HOME
keep = GOPATH GOROOT GOFLAGS CARGO_HOME RUSTUP_HOME NVM_DIR NODE_PATH PYENV_ROOT RBENV_ROOT
keep = CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS MAKEFLAGS PKG_CONFIG_PATH CMAKE_PREFIX_PATH
keep = XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_DIRS XDG_CONFIG_DIRS
keep = DEBEMAIL DEBFULLNAME GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
