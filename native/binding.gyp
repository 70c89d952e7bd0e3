{
  "targets": [
    {
      "target_name": "rolecall",
      "sources": [
        "addon.c", "values.c", "process.c", "memfd.c", "mpi.c",
        "dragon.c", "dragon-buffers.c", "dragon-deliveries.c", "dragon-lane.c", "dragon-library.c", "dragon-receive.c", "dragon-rooms.c", "dragon-send.c",
        "dragon-stuck.c", "dragon-values.c"
      ],
      "defines": ["_GNU_SOURCE"],
      "cflags": ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "ldflags": ["-s", "-Wl,--as-needed", "-Wl,--gc-sections"]
    }
  ]
}
