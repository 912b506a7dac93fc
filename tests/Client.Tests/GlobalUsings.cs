global using ShardInit.Tests;
global using Xunit;
