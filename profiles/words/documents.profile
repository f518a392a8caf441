[profile]
description = The directory of documents, to write in
exposes = what is in the directory of documents, and changes to it

[filesystem]
rw = ${DOCUMENTS}?
