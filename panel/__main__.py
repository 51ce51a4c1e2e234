"""`python -m panel`, where nothing is installed, as in the services' image."""

from panel.main import main

if __name__ == "__main__":
    main()
