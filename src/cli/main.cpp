#include "cli/command_main.h"

int main(int argc, char** argv) { return focus::cli::command_main(argc, argv); }
