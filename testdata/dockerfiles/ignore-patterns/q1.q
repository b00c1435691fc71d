content of q1.q
