"""Plans near the best one, and where a plan stands among all plans."""
