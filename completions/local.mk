# Completions, where each shell looks for those of other programs; ./configure --help tells how to move them.
dist_bashcompletion_DATA = completions/bash/schedtop
dist_zshcompletion_DATA = completions/zsh/_schedtop
dist_fishcompletion_DATA = completions/fish/schedtop.fish
