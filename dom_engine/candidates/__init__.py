"""Who can ship what to whom, on which service, when: candidates and the offers open to them (section 3)."""
