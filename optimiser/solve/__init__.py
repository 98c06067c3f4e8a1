"""The exact engine: pricing, fixing and proving, and every solve that HiGHS does."""
