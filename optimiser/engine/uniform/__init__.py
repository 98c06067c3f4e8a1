"""One level of each service for all England, by branch and bound."""
