# A package runs what it likes when it is built. It finds the project, the index and nothing else. Installs
# into a virtual environment in the working directory; what would go into the home is dropped.
[profile]
description = pip: writes in the working directory, reaches the package index
use = project

[network]
mode = internet
allow = pypi.org files.pythonhosted.org

[filesystem]
overlay = ${XDG_CACHE_HOME}/pip?
# Python of the user's own, to run.
ro = ~/.pyenv? ~/.local/bin?

[environment]
keep = VIRTUAL_ENV
