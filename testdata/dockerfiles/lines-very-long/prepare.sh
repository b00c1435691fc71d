printf 'LABEL long=%070000d\n' 7 >> Dockerfile
