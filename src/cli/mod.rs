//! Subcommands, one file each. Nothing here decides anything.
