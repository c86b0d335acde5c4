"""One sync of one connection: pull, reconcile, judge, plan, push."""
