// Called with parameters; what it returns is the answer.
export default async ({ name = "world" }, { log, board }) => {
  log.info("greeting", name);
  return { hello: name, from: board.name, node: process.version };
};
