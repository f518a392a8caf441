# Keys, passwords and logins in the home directory are not there, whatever else of it is shown.
[profile]
description = Keys, passwords and logins in the home stay out of sight

[filesystem]
# Keys and agents.
hide = ~/.ssh? ~/.gnupg? ~/.pki? ~/.password-store? ~/.local/share/keyrings?
hide = ${XDG_CONFIG_HOME}/age? ${XDG_CONFIG_HOME}/sops? ~/.putty? ~/.config/pulse/cookie?
# Logins of command line tools.
hide = ~/.aws? ~/.azure? ~/.kube? ~/.docker? ~/.netrc? ~/.authinfo? ~/.authinfo.gpg? ~/.git-credentials?
hide = ${XDG_CONFIG_HOME}/gh? ${XDG_CONFIG_HOME}/glab-cli? ${XDG_CONFIG_HOME}/hub? ${XDG_CONFIG_HOME}/gcloud?
hide = ${XDG_CONFIG_HOME}/doctl? ${XDG_CONFIG_HOME}/rclone? ${XDG_CONFIG_HOME}/containers/auth.json?
hide = ${XDG_CONFIG_HOME}/git/credentials? ~/.terraform.d/credentials.tfrc.json? ~/.vault-token?
hide = ~/.npmrc? ~/.yarnrc.yml? ~/.pypirc? ~/.cargo/credentials? ~/.cargo/credentials.toml?
hide = ~/.gem/credentials? ~/.m2/settings.xml? ~/.gradle/gradle.properties? ~/.composer/auth.json?
hide = ~/.pgpass? ~/.my.cnf? ~/.mylogin.cnf? ~/.s3cfg? ~/.boto? ~/.databrickscfg? ~/.huggingface/token?
hide = ~/.cache/huggingface/token? ~/.claude/.credentials.json? ~/.codex/auth.json?
# Browsers and mail: cookies, saved passwords, letters.
hide = ~/.mozilla? ~/.thunderbird? ${XDG_CONFIG_HOME}/google-chrome? ${XDG_CONFIG_HOME}/chromium?
hide = ${XDG_CONFIG_HOME}/BraveSoftware? ${XDG_CONFIG_HOME}/vivaldi? ${XDG_CONFIG_HOME}/microsoft-edge?
hide = ${XDG_CONFIG_HOME}/opera? ~/.config/evolution? ~/.local/share/evolution? ~/.var/app/org.mozilla.firefox?
hide = ~/.var/app/com.google.Chrome? ~/.var/app/org.chromium.Chromium?
# Password managers and messengers.
hide = ${XDG_CONFIG_HOME}/keepassxc? ${XDG_CONFIG_HOME}/Bitwarden? ${XDG_CONFIG_HOME}/1Password?
hide = ${XDG_CONFIG_HOME}/Signal? ${XDG_CONFIG_HOME}/Element? ~/.electrum? ~/.bitcoin? ~/.ethereum?
# What was typed, with passwords in it now and then.
hide = ~/.bash_history? ~/.zsh_history? ~/.python_history? ~/.psql_history? ~/.mysql_history?
hide = ~/.local/share/fish/fish_history? ~/.lesshst?
# The display's key.
hide = ~/.Xauthority? ~/.ICEauthority?
