"""What everything else stands on: errors, settings, languages, rights, declarations."""
