content of node/keep/d/w.js
