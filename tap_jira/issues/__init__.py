"""The exact read of issues and of what they carry."""
