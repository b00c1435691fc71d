for d in 1 2 3 4 5 6 7 8 9; do mkdir -p many/d$d/x; for i in 1 2 3 4 5 6 7 8 9 a b c d e f; do echo $d$i > many/d$d/x/f$i; done; done
