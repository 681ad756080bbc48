import { managing, reading, using } from "../row.ts";

export const boardPolicy = {
  "board.list": reading,
  "board.show": reading,
  "board.create": managing,
  "board.update": managing,
  "board.retire": managing,
  "board.rearm": managing,
  "board.ping": using,
  "board.info": reading,
  "board.restart": using,
  "board.reboot": managing,
  "board.original": managing,
  "board.target": reading,
  "board.settings": managing,
  "board.timeline": reading,
} as const;
