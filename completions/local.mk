# What bash and zsh complete for vmpin and cgtree. bash-completion finds a command's file by its name.
bashcompletiondir = @bashcompletiondir@
zshcompletiondir = @zshcompletiondir@
dist_zshcompletion_DATA = completions/_cgtree completions/_vmpin
completions_bash = completions/cgtree.bash completions/vmpin.bash
EXTRA_DIST += $(completions_bash)

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	for file in $(completions_bash); do \
		$(INSTALL_DATA) "$(srcdir)/$$file" \
			"$(DESTDIR)$(bashcompletiondir)/$$(basename "$$file" .bash)" || exit 1; done
uninstall-local:
	for file in $(completions_bash); do \
		rm -f "$(DESTDIR)$(bashcompletiondir)/$$(basename "$$file" .bash)"; done
