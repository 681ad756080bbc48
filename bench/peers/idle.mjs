// A Node that does nothing, and says so.
console.log("idle");
setInterval(() => {}, 1 << 30);
