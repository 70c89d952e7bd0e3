{
  "targets": [
    {
      "target_name": "rolecall",
      "sources": ["addon.c", "values.c", "process.c", "memfd.c", "mpi.c"],
      "defines": ["_GNU_SOURCE"],
      "cflags": ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "ldflags": ["-s", "-Wl,--as-needed", "-Wl,--gc-sections"]
    }
  ]
}
