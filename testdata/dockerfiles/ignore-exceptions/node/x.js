content of node/x.js
