[profile]
description = sftp: as ssh, and the working directory
include = scp
