content of node/keep/y.js
