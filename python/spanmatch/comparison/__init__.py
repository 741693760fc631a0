"""Many layers' and many networks' answers: mapping, table, picture, folder."""
