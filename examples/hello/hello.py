# Called with parameters; what main returns is the answer.
import platform


def main(params, ctx):
    ctx.log.info("greeting", params.get("name", "world"))
    return {"hello": params.get("name", "world"), "from": ctx.board.name, "python": platform.python_version()}
