"""The commons vocabulary: models, code lists, and what every field is (authority, class, merge kind)."""
