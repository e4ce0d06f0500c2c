#include "cli/command_main.h"

int main(int argc, char** argv) { focus::cli::end_command(focus::cli::command_main(argc, argv)); }
