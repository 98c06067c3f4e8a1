"""Long lists of candidates in compiled code: walked, costed and priced where Python would take hours."""
