global using Nearest = ShardInit.Model.Nearest;
