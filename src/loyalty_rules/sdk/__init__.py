"""What a plugin may import."""
