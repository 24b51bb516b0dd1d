"""What issues carry: read with a request per issue, and made of the issue's seed when it is.

A hundred thousand issues cost nothing by this; only what was changed by hand is kept.
"""
