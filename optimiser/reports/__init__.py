"""Maps, charts and documents made from saved plans; no solver is needed here."""
