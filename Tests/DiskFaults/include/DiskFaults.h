#pragma once
// A library to be preloaded into a program (LD_PRELOAD). It calls nobody and is called by nobody: see DiskFaults.c.
