def check_distances(tables, log): pass
