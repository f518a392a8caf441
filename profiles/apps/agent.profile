# An assistant that writes and runs code in the working directory, on what it read in files and on the
# network: hutch run --profile agent -- COMMAND. Add what yours needs in ~/.config/hutch/agent.local.profile:
# its own configuration (rw = ~/.NAME) and the host of its service ([network] allow = api.example.org).
# --review keeps what it changes aside, to look at first.
[profile]
description = A coding agent: writes in the working directory, reaches registries and code hosts by name
use = project git-config

[filesystem]
home = private
# Compilers and tools of the user's own, to run.
ro = ~/.local/bin? ~/.cargo/bin? ~/.rustup? ~/.nvm? ~/.pyenv? ~/.rbenv? ~/go/bin?

[network]
mode = internet
# Package registries.
allow = registry.npmjs.org registry.yarnpkg.com pypi.org files.pythonhosted.org
allow = crates.io index.crates.io static.crates.io static.rust-lang.org
allow = proxy.golang.org sum.golang.org go.dev rubygems.org index.rubygems.org
allow = repo.maven.apache.org repo1.maven.org plugins.gradle.org packagist.org repo.packagist.org
allow = deb.debian.org security.debian.org
# Code hosts.
allow = github.com api.github.com codeload.github.com objects.githubusercontent.com raw.githubusercontent.com
allow = gitlab.com bitbucket.org codeberg.org

[environment]
keep = EDITOR VISUAL PAGER LESS LS_COLORS COLORTERM NO_COLOR FORCE_COLOR CI
keep = GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

[seccomp]
policy = dev
