"""Say why: impossible scenarios, the price of each rule, the reason for each service and grouping."""
