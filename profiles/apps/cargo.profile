# Builds from what was fetched before: build scripts and macros are other people's programs. What
# they write to the shared cache of crates is dropped at the end.
[profile]
description = Cargo: writes in the working directory, no network
use = project

[filesystem]
ro = ~/.rustup?
overlay = ~/.cargo?
hide = ~/.cargo/credentials? ~/.cargo/credentials.toml?

[environment]
set = CARGO_NET_OFFLINE=true
