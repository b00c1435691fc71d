content of q12.q
